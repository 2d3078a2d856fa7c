with

projects as (

    {{
        newest_version(
            source('raw_zephyr', 'projects'),
            source('raw_zephyr', '_dlt_loads')
        )
    }}

),

renamed as (

    select
        -- ids
        cast(id as string) as project_id,

        -- strings
        name as project_name,
        nullif(trim(description), '') as description,
        status as status_code,

        -- numerics
        isolationLevel as isolation_level,

        -- booleans
        active as is_active,

        -- dates
        coalesce(
            {{ from_us_date('projectStartDate') }},
            cast({{ from_epoch_milliseconds('startDate') }} as date)
        ) as start_date,

        -- timestamps
        {{ from_epoch_milliseconds('createdOn') }} as created_at,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from projects

)

select * from renamed
