with

executions as (

    select * from {{ ref('stg_zephyr__executions') }}

),

cycle_phases as (

    select * from {{ ref('stg_zephyr__cycle_phases') }}

),

cycles as (

    select * from {{ ref('dim_cycles') }}

),

test_case_versions as (

    select * from {{ ref('stg_zephyr__test_cases') }}

),

-- What hung on a phase, cycle, release or project that was deleted is gone with it.
joined as (

    select
        -- ids
        executions.execution_id,
        cycles.project_id,
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
    left join test_case_versions
        on executions.test_case_version_id = test_case_versions.test_case_version_id
    where
        not executions.is_deleted
        and not coalesce(cycle_phases.is_deleted, false)
        and not coalesce(cycles.is_deleted, false)

)

select * from joined
