with

events as (

    {{
        newest_version(
            source('raw_payments', 'events'),
            source('raw_payments', '_dlt_loads')
        )
    }}

),

renamed as (

    select
        -- ids
        id as event_id,
        {{ json_value('data', '$.object.id') }} as object_id,
        {{ json_value('request', '$.id') }} as request_id,

        -- strings
        type,
        {{ json_value('data', '$.object.object') }} as object_type,
        api_version,

        -- booleans
        livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from events

)

select * from renamed
