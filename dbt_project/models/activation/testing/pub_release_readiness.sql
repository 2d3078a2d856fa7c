with

release_readiness as (

    select * from {{ ref('rpt_release_readiness') }}

),

published as (

    select
        -- ids
        release_id,
        project_id,

        -- strings
        release_name,
        readiness,

        -- numerics
        planned_count,
        executed_count,
        passed_count,
        failed_count,
        blocked_count,
        open_count,
        requirement_count,
        requirement_passed_count,
        executed_percent,
        passed_of_planned_percent,
        passed_of_executed_percent,
        requirement_percent,
        days_left,

        -- booleans
        is_completed,

        -- dates
        end_date

    from release_readiness

)

select * from published
