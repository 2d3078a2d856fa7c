with

releases as (

    select * from {{ ref('dim_releases') }}

),

executions as (

    select * from {{ ref('fct_test_executions') }}

),

requirements as (

    select * from {{ ref('rpt_requirement_coverage') }}

),

work_per_release as (

    select
        release_id,
        count(*) as planned_count,
        count(case when is_executed then 1 end) as executed_count,
        count(case when status = 'passed' then 1 end) as passed_count,
        count(case when status = 'failed' then 1 end) as failed_count,
        count(case when status = 'blocked' then 1 end) as blocked_count
    from executions
    group by release_id

),

requirements_per_release as (

    select
        release_id,
        count(*) as requirement_count,
        count(case when verdict = 'passed' then 1 end) as requirement_passed_count
    from requirements
    group by release_id

),

joined as (

    select
        releases.release_id,
        coalesce(work_per_release.planned_count, 0) as planned_count,
        coalesce(work_per_release.executed_count, 0) as executed_count,
        coalesce(work_per_release.passed_count, 0) as passed_count,
        coalesce(work_per_release.failed_count, 0) as failed_count,
        coalesce(work_per_release.blocked_count, 0) as blocked_count,
        coalesce(requirements_per_release.requirement_count, 0) as requirement_count,
        coalesce(requirements_per_release.requirement_passed_count, 0)
            as requirement_passed_count
    from releases
    left join work_per_release
        on releases.release_id = work_per_release.release_id
    left join requirements_per_release
        on releases.release_id = requirements_per_release.release_id
    where not releases.is_deleted

)

select * from joined
