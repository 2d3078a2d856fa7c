with

executions as (

    select * from {{ ref('fct_test_executions') }}

),

test_case_versions as (

    select * from {{ ref('stg_zephyr__test_cases') }}

),

-- Of a test case that was run more than once in a release, the newest run counts. One without the
-- shared number is known by its version.
ranked as (

    select
        *,
        row_number() over (
            partition by release_id, coalesce(test_case_id, 'version ' || test_case_version_id)
            order by
                case when is_executed then 0 else 1 end,
                executed_at desc nulls last,
                cast(execution_id as bigint) desc
        ) as newest_rank
    from executions
    where release_id is not null

),

covered as (

    select distinct
        ranked.release_id,
        ranked.project_id,
        ranked.execution_id,
        ranked.status,
        ranked.is_executed,
        {{ each_item('test_case_versions.requirement_ids') }} as requirement_id
    from ranked
    inner join test_case_versions
        on ranked.test_case_version_id = test_case_versions.test_case_version_id
    where ranked.newest_rank = 1

),

counted as (

    select
        release_id,
        project_id,
        requirement_id,
        count(*) as test_case_count,
        count(case when is_executed then 1 end) as executed_count,
        count(case when status = 'passed' then 1 end) as passed_count,
        count(case when status = 'failed' then 1 end) as failed_count
    from covered
    group by release_id, project_id, requirement_id

),

judged as (

    select
        *,
        case
            when failed_count > 0 then 'failed'
            when passed_count = test_case_count then 'passed'
            when executed_count = 0 then 'not_executed'
            else 'incomplete'
        end as verdict
    from counted

)

select * from judged
