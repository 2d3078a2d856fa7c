with

releases as (

    {{
        newest_version(
            source('raw_zephyr', 'releases'),
            source('raw_zephyr', '_dlt_loads')
        )
    }}

),

renamed as (

    select
        -- ids
        cast(id as string) as release_id,
        cast(projectId as string) as project_id,

        -- strings
        name as release_name,
        nullif(trim(description), '') as description,

        -- numerics
        status as status_code,
        orderId as list_position,

        -- booleans
        status = 1 as is_completed,
        globalRelease as is_global,
        hasChild as has_child,

        -- dates
        cast({{ from_epoch_milliseconds('startDate') }} as date) as start_date,
        cast({{ from_epoch_milliseconds('endDate') }} as date) as end_date,

        -- timestamps
        {{ from_epoch_milliseconds('createdDate') }} as created_at,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from releases

)

select * from renamed
