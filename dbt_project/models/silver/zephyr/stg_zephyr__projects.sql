with

projects as (

    {{ newest_versions('zephyr', 'projects') }}

),

statuses as (

    select * from {{ ref('statuses') }}
    where object = 'project'

),

renamed as (

    select
        -- ids
        cast(id as string) as project_id,

        -- strings
        name as project_name,
        nullif(trim(description), '') as description,
        cast(status as string) as status_code,

        -- numerics
        isolationLevel as isolation_level,

        -- booleans
        _is_deleted as is_deleted,
        active as is_active,

        -- dates
        coalesce(
            {{ from_us_date('projectStartDate') }},
            {{ planned_day('startDate') }}
        ) as start_date,

        -- timestamps
        {{ from_epoch_milliseconds('createdOn') }} as created_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from projects

),

with_phase as (

    select
        renamed.*,
        coalesce(statuses.phase, 'unknown') as status_phase
    from renamed
    left join statuses on renamed.status_code = statuses.status

)

select * from with_phase
