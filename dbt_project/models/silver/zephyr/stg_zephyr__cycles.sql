with

cycles as (

    {{
        newest_version(
            source('raw_zephyr', 'cycles'),
            source('raw_zephyr', '_dlt_loads')
        )
    }}

),

renamed as (

    select
        -- ids
        cast(id as string) as cycle_id,
        cast(releaseId as string) as release_id,

        -- strings
        name as cycle_name,
        nullif(trim(environment), '') as environment,
        nullif(trim(build), '') as build,

        -- numerics
        status as status_code,
        revision,

        -- booleans
        status = 1 as is_closed,

        -- dates
        coalesce(
            {{ from_us_date('cycleStartDate') }},
            cast({{ from_epoch_milliseconds('startDate') }} as date)
        ) as start_date,
        coalesce(
            {{ from_us_date('cycleEndDate') }},
            cast({{ from_epoch_milliseconds('endDate') }} as date)
        ) as end_date,

        -- timestamps
        {{ from_epoch_milliseconds('createdOn') }} as created_at,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from cycles

)

select * from renamed
