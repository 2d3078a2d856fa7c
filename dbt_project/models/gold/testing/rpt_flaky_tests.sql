with

execution_statuses as (

    select * from {{ ref('scd_zephyr__execution_statuses') }}

),

executions as (

    select * from {{ ref('fct_test_executions') }}

),

test_case_versions as (

    select * from {{ ref('stg_zephyr__test_cases') }}

),

-- What came between two results, such as a test in progress, is left out: whether it was seen
-- depends on when somebody loaded.
results as (

    select
        *,
        lag(status) over (execution_results) as previous_status,
        lag(test_case_version_id) over (execution_results) as previous_version_id,
        lag(executed_at) over (execution_results) as previous_executed_at
    from execution_statuses
    where
        status in ('passed', 'failed')
        and execution_id in (select executions.execution_id from executions)
    window execution_results as (partition by execution_id order by version_number)

),

-- An execution that was deleted and came back brings the result it had.
compared as (

    select
        *,
        test_case_version_id = previous_version_id and status != previous_status as is_flip,
        coalesce(
            test_case_version_id = previous_version_id
            and status = previous_status
            and executed_at = previous_executed_at,
            false
        ) as is_same_result
    from results

),

counted as (

    select
        test_case_version_id,
        count(distinct execution_id) as execution_count,
        count(case when not is_same_result then 1 end) as run_count,
        count(case when is_flip then 1 end) as flip_count,
        max(case when is_flip then least(executed_at, valid_from) end) as last_flip_at
    from compared
    group by test_case_version_id
    having count(case when is_flip then 1 end) > 0

),

named as (

    select
        counted.*,
        test_case_versions.test_case_id,
        test_case_versions.test_case_name
    from counted
    left join test_case_versions
        on counted.test_case_version_id = test_case_versions.test_case_version_id

)

select * from named
