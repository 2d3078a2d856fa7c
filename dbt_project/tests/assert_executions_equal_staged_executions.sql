-- Fails if an execution is lost or doubled on its way to Gold.
with

staged as (

    select count(*) as row_count
    from {{ ref('stg_zephyr__executions') }}

),

executions as (

    select count(*) as row_count
    from {{ ref('fct_test_executions') }}

)

select
    staged.row_count as staged_count,
    executions.row_count as execution_count
from staged
inner join executions on staged.row_count != executions.row_count
