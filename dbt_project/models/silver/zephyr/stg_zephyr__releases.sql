with

releases as (

    {{ newest_versions('zephyr', 'releases') }}

),

statuses as (

    select * from {{ ref('statuses') }}
    where object = 'release'

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
        cast(status as string) as status_code,
        orderId as list_position,

        -- booleans
        _is_deleted as is_deleted,
        status = 1 as is_completed,
        globalRelease as is_global,
        hasChild as has_child,

        -- dates
        {{ planned_day('startDate') }} as start_date,
        {{ planned_day('endDate') }} as end_date,

        -- timestamps
        {{ from_epoch_milliseconds('createdDate') }} as created_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from releases

),

with_phase as (

    select
        renamed.*,
        coalesce(statuses.phase, 'unknown') as status_phase
    from renamed
    left join statuses on renamed.status_code = statuses.status

)

select * from with_phase
