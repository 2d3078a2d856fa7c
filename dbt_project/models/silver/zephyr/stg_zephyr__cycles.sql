with

cycles as (

    {{ newest_versions('zephyr', 'cycles') }}

),

statuses as (

    select * from {{ ref('statuses') }}
    where object = 'cycle'

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
        cast(status as string) as status_code,
        revision,

        -- booleans
        _is_deleted as is_deleted,
        status = 1 as is_closed,

        -- dates
        coalesce(
            {{ from_us_date('cycleStartDate') }},
            {{ planned_day('startDate') }}
        ) as start_date,
        coalesce(
            {{ from_us_date('cycleEndDate') }},
            {{ planned_day('endDate') }}
        ) as end_date,

        -- timestamps
        {{ from_epoch_milliseconds('createdOn') }} as created_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from cycles

),

with_phase as (

    select
        renamed.*,
        coalesce(statuses.phase, 'unknown') as status_phase
    from renamed
    left join statuses on renamed.status_code = statuses.status

)

select * from with_phase
