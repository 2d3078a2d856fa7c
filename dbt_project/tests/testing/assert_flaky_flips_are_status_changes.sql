-- Fails if a version of a test case flipped more often than its executions changed to a result, or
-- than it was run.
with

changes as (

    select
        test_case_version_id,
        count(*) as change_count
    from {{ ref('fct_execution_status_changes') }}
    where to_status in ('passed', 'failed')
    group by test_case_version_id

)

select
    flaky_tests.test_case_version_id,
    flaky_tests.flip_count,
    changes.change_count
from {{ ref('rpt_flaky_tests') }} as flaky_tests
left join changes on flaky_tests.test_case_version_id = changes.test_case_version_id
where
    flaky_tests.flip_count > coalesce(changes.change_count, 0)
    or flaky_tests.flip_count > flaky_tests.run_count - flaky_tests.execution_count
