with

cycles as (

    select * from {{ ref('dim_cycles') }}

),

cycle_days as (

    select * from {{ ref('int_testing__cycle_days') }}

),

daily_statuses as (

    select * from {{ ref('int_testing__daily_statuses') }}

),

counted as (

    select
        cycle_days.cycle_id,
        cycle_days.progress_date,
        count(daily_statuses.execution_id) as planned_count,
        count(case when daily_statuses.is_executed then 1 end) as executed_count,
        count(case when daily_statuses.status in ('passed', 'failed') then 1 end)
            as completed_count,
        count(case when daily_statuses.status = 'passed' then 1 end) as passed_count,
        count(case when daily_statuses.status = 'failed' then 1 end) as failed_count,
        count(case when daily_statuses.status = 'blocked' then 1 end) as blocked_count,
        count(case when daily_statuses.status = 'in_progress' then 1 end) as in_progress_count,
        count(case when daily_statuses.status = 'unknown' then 1 end) as unknown_count,
        count(case when not daily_statuses.is_executed then 1 end) as not_executed_count
    from cycle_days
    left join daily_statuses
        on
            cycle_days.cycle_id = daily_statuses.cycle_id
            and cycle_days.progress_date >= daily_statuses.first_date
            and (
                daily_statuses.next_date is null
                or cycle_days.progress_date < daily_statuses.next_date
            )
    group by cycle_days.cycle_id, cycle_days.progress_date

),

with_percentages as (

    select
        cycles.release_id,
        cycles.project_id,
        cycles.cycle_name,
        cycle_days.is_latest,
        counted.*,
        counted.planned_count - counted.completed_count as remaining_count,
        cast(
            round(
                1.0 * counted.planned_count * cycle_days.plan_days_left / cycle_days.plan_days, 2
            ) as decimal(18, 2)
        ) as ideal_remaining_count,
        {{ percent_of('counted.executed_count', 'counted.planned_count') }} as executed_percent,
        {{ percent_of('counted.passed_count', 'counted.planned_count') }}
            as passed_of_planned_percent,
        {{ percent_of('counted.passed_count', 'counted.executed_count') }}
            as passed_of_executed_percent,
        {{ percent_of('counted.passed_count', 'counted.completed_count') }} as passed_percent
    from counted
    inner join cycles on counted.cycle_id = cycles.cycle_id
    inner join cycle_days
        on
            counted.cycle_id = cycle_days.cycle_id
            and counted.progress_date = cycle_days.progress_date

)

select * from with_percentages
