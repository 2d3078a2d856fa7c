with

executions as (

    select * from {{ ref('stg_zephyr__executions') }}

),

cycle_phases as (

    select * from {{ ref('stg_zephyr__cycle_phases') }}

),

cycles as (

    select * from {{ ref('stg_zephyr__cycles') }}

),

releases as (

    select * from {{ ref('stg_zephyr__releases') }}

),

test_case_versions as (

    select * from {{ ref('stg_zephyr__test_cases') }}

),

joined as (

    select
        -- ids
        executions.execution_id,
        releases.project_id,
        cycles.release_id,
        coalesce(cycle_phases.cycle_id, executions.cycle_id) as cycle_id,
        executions.cycle_phase_id,
        coalesce(executions.test_case_id, test_case_versions.test_case_id) as test_case_id,
        executions.test_case_version_id,
        executions.tester_id,

        -- strings
        executions.status_code,
        executions.status,
        test_case_versions.priority,

        -- numerics
        executions.test_case_version_number,
        executions.actual_time,
        executions.estimated_time,

        -- booleans
        executions.is_executed,
        test_case_versions.is_automated,

        -- dates
        cast(executions.executed_at as date) as executed_date,

        -- timestamps
        executions.assigned_at,
        executions.executed_at,
        executions.modified_at

    from executions
    left join cycle_phases
        on executions.cycle_phase_id = cycle_phases.cycle_phase_id
    left join cycles
        on coalesce(cycle_phases.cycle_id, executions.cycle_id) = cycles.cycle_id
    left join releases
        on cycles.release_id = releases.release_id
    left join test_case_versions
        on executions.test_case_version_id = test_case_versions.test_case_version_id

)

select * from joined
