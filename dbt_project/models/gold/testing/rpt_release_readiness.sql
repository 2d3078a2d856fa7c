with

release_counts as (

    select * from {{ ref('int_testing__release_counts') }}

),

releases as (

    select * from {{ ref('dim_releases') }}

),

newest_load as (

    select cast(max(completed_at) as date) as load_date
    from {{ ref('stg_zephyr__loads') }}

),

measured as (

    select
        release_counts.release_id,
        releases.project_id,
        releases.release_name,
        release_counts.planned_count,
        release_counts.executed_count,
        release_counts.passed_count,
        release_counts.failed_count,
        release_counts.blocked_count,
        release_counts.requirement_count,
        release_counts.requirement_passed_count,
        releases.is_completed,
        releases.end_date,
        release_counts.planned_count
        - release_counts.passed_count
        - release_counts.failed_count
        - release_counts.blocked_count as open_count,
        {{ percent_of('executed_count', 'planned_count') }} as executed_percent,
        {{ percent_of('passed_count', 'planned_count') }} as passed_of_planned_percent,
        {{ percent_of('passed_count', 'executed_count') }} as passed_of_executed_percent,
        {{ percent_of('requirement_passed_count', 'requirement_count') }} as requirement_percent,
        {{ days_between('newest_load.load_date', 'releases.end_date') }} as days_left
    from release_counts
    inner join releases on release_counts.release_id = releases.release_id
    cross join newest_load

),

judged as (

    select
        *,
        case
            when planned_count = 0 then 'nothing_planned'
            when
                {{ reaches('executed_count', 'planned_count', 'ready_executed_percent') }}
                and {{ reaches('passed_count', 'executed_count', 'ready_passed_percent') }}
                and {{
                    reaches(
                        'requirement_passed_count',
                        'requirement_count',
                        'ready_requirement_percent'
                    )
                }}
                then 'ready'
            when days_left < 0 then 'overdue'
            when days_left <= {{ var('at_risk_days') }} then 'at_risk'
            else 'in_progress'
        end as readiness
    from measured

)

select * from judged
