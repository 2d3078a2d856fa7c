-- Fails if an execution that is there, and all that it hangs on, is lost or doubled on its way to
-- Gold, or one that is gone stays.
with

executions as (

    select
        execution_id,
        count(*) as row_count
    from {{ ref('fct_test_executions') }}
    group by execution_id

),

staged as (

    select executions.execution_id
    from {{ ref('stg_zephyr__executions') }} as executions
    left join {{ ref('stg_zephyr__cycle_phases') }} as cycle_phases
        on executions.cycle_phase_id = cycle_phases.cycle_phase_id
    left join {{ ref('stg_zephyr__cycles') }} as cycles
        on coalesce(cycle_phases.cycle_id, executions.cycle_id) = cycles.cycle_id
    left join {{ ref('stg_zephyr__releases') }} as releases
        on cycles.release_id = releases.release_id
    left join {{ ref('stg_zephyr__projects') }} as projects
        on releases.project_id = projects.project_id
    where
        not executions.is_deleted
        and cycle_phases.is_deleted is not true
        and cycles.is_deleted is not true
        and releases.is_deleted is not true
        and projects.is_deleted is not true

)

select
    staged.execution_id as staged_id,
    executions.execution_id,
    executions.row_count
from staged
full outer join executions on staged.execution_id = executions.execution_id
where
    staged.execution_id is null
    or executions.execution_id is null
    or executions.row_count != 1
