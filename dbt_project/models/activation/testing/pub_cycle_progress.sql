with

cycle_progress as (

    select * from {{ ref('rpt_cycle_progress') }}

),

published as (

    select
        -- ids
        cycle_id,
        release_id,
        project_id,

        -- strings
        cycle_name,

        -- numerics
        planned_count,
        executed_count,
        completed_count,
        passed_count,
        failed_count,
        blocked_count,
        in_progress_count,
        unknown_count,
        not_executed_count,
        remaining_count,
        ideal_remaining_count,
        executed_percent,
        passed_of_planned_percent,
        passed_of_executed_percent,

        -- booleans
        is_latest,

        -- dates
        progress_date

    from cycle_progress

)

select * from published
