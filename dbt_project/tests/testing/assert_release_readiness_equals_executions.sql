-- Fails if the executions of the releases do not add up to those in the reports, by result, or if a
-- release's executions are not passed, failed, blocked or open.
with

executions as (

    select
        count(*) as planned_count,
        count(case when is_executed then 1 end) as executed_count,
        count(case when status = 'passed' then 1 end) as passed_count,
        count(case when status = 'failed' then 1 end) as failed_count,
        count(case when status = 'blocked' then 1 end) as blocked_count,
        count(case when status not in ('passed', 'failed', 'blocked') then 1 end) as open_count
    from {{ ref('fct_test_executions') }}
    where release_id in (select releases.release_id from {{ ref('dim_releases') }} as releases)

),

readiness as (

    select
        coalesce(sum(planned_count), 0) as planned_count,
        coalesce(sum(executed_count), 0) as executed_count,
        coalesce(sum(passed_count), 0) as passed_count,
        coalesce(sum(failed_count), 0) as failed_count,
        coalesce(sum(blocked_count), 0) as blocked_count,
        coalesce(sum(open_count), 0) as open_count
    from {{ ref('rpt_release_readiness') }}

)

select
    executions.planned_count,
    readiness.planned_count as reported_planned_count
from executions
cross join readiness
where
    executions.planned_count != readiness.planned_count
    or executions.executed_count != readiness.executed_count
    or executions.passed_count != readiness.passed_count
    or executions.failed_count != readiness.failed_count
    or executions.blocked_count != readiness.blocked_count
    or executions.open_count != readiness.open_count
