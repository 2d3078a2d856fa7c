with

events as (

    {{ newest_versions('payments', 'events') }}

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
        _is_deleted as is_deleted,
        livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from events

)

select * from renamed
