with

execution_statuses as (

    select * from {{ ref('scd_zephyr__execution_statuses') }}

),

executions as (

    select * from {{ ref('fct_test_executions') }}

),

ordered as (

    select
        *,
        lag(status_code) over (
            partition by execution_id order by version_number
        ) as from_status_code,
        lag(status) over (
            partition by execution_id order by version_number
        ) as from_status
    from execution_statuses

),

-- Another version of the test case with the same status is no change, nor is the first status seen.
changes as (

    select
        -- ids
        ordered.execution_id,
        executions.project_id,
        executions.release_id,
        executions.cycle_id,
        executions.test_case_id,
        ordered.test_case_version_id,

        -- strings
        ordered.from_status_code,
        ordered.from_status,
        ordered.status_code as to_status_code,
        ordered.status as to_status,

        -- numerics
        row_number() over (
            partition by ordered.execution_id order by ordered.version_number
        ) as change_number,

        -- timestamps
        case when ordered.is_executed then ordered.executed_at end as executed_at,
        ordered.valid_from as seen_at

    from ordered
    inner join executions on ordered.execution_id = executions.execution_id
    where ordered.from_status_code != ordered.status_code

)

select * from changes
