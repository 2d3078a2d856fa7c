with

test_executions as (

    select * from {{ ref('fct_test_executions') }}

),

published as (

    select
        -- ids
        execution_id,
        project_id,
        release_id,
        cycle_id,
        cycle_phase_id,
        test_case_id,
        test_case_version_id,
        tester_id,

        -- strings
        status_code,
        status,
        priority,

        -- numerics
        test_case_version_number,
        estimated_time,

        -- booleans
        is_executed,
        is_automated,

        -- dates
        executed_date,

        -- timestamps
        assigned_at,
        executed_at,
        modified_at

    from test_executions

)

select * from published
