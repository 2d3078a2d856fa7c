with

cycles as (

    select * from {{ ref('dim_cycles') }}

),

executions as (

    select * from {{ ref('fct_test_executions') }}

),

counted as (

    select
        cycles.cycle_id,
        cycles.release_id,
        cycles.project_id,
        cycles.cycle_name,
        count(executions.execution_id) as planned_count,
        count(case when executions.is_executed then 1 end) as executed_count,
        count(case when executions.status in ('passed', 'failed') then 1 end) as completed_count,
        count(case when executions.status = 'passed' then 1 end) as passed_count,
        count(case when executions.status = 'failed' then 1 end) as failed_count,
        count(case when executions.status = 'blocked' then 1 end) as blocked_count,
        count(case when executions.status = 'in_progress' then 1 end) as in_progress_count,
        count(case when executions.status = 'unknown' then 1 end) as unknown_count,
        count(case when not executions.is_executed then 1 end) as not_executed_count
    from cycles
    left join executions on cycles.cycle_id = executions.cycle_id
    group by cycles.cycle_id, cycles.release_id, cycles.project_id, cycles.cycle_name

),

with_percentages as (

    select
        counted.*,
        {{ percent_of('executed_count', 'planned_count') }} as executed_percent,
        {{ percent_of('passed_count', 'completed_count') }} as passed_percent
    from counted

)

select * from with_percentages
