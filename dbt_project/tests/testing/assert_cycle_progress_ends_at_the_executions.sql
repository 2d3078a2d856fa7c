-- Fails if the last day of a cycle's progress is not what its executions are, status by status, or
-- if a cycle with executions has no such day.
with

executions as (

    select
        cycle_id,
        count(*) as planned_count,
        count(case when is_executed then 1 end) as executed_count,
        count(case when status = 'passed' then 1 end) as passed_count,
        count(case when status = 'failed' then 1 end) as failed_count,
        count(case when status = 'blocked' then 1 end) as blocked_count,
        count(case when status = 'in_progress' then 1 end) as in_progress_count
    from {{ ref('fct_test_executions') }}
    where cycle_id in (select cycles.cycle_id from {{ ref('dim_cycles') }} as cycles)
    group by cycle_id

),

progress as (

    select * from {{ ref('rpt_cycle_progress') }}
    where is_latest

)

select
    executions.cycle_id,
    progress.cycle_id as reported_cycle_id
from executions
full outer join progress on executions.cycle_id = progress.cycle_id
where
    coalesce(executions.planned_count, 0) != coalesce(progress.planned_count, 0)
    or coalesce(executions.executed_count, 0) != coalesce(progress.executed_count, 0)
    or coalesce(executions.passed_count, 0) != coalesce(progress.passed_count, 0)
    or coalesce(executions.failed_count, 0) != coalesce(progress.failed_count, 0)
    or coalesce(executions.blocked_count, 0) != coalesce(progress.blocked_count, 0)
    or coalesce(executions.in_progress_count, 0) != coalesce(progress.in_progress_count, 0)
