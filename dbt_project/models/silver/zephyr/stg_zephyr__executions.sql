with

executions as (

    {{ newest_versions('zephyr', 'executions') }}

),

execution_statuses as (

    select * from {{ ref('execution_statuses') }}

),

renamed as (

    select
        -- ids
        cast(id as string) as execution_id,
        cast(cyclePhaseId as string) as cycle_phase_id,
        cast(cycleId as string) as cycle_id,
        {{ json_value('tcrTreeTestcase', '$.testcase.id') }} as test_case_version_id,
        {{ json_value('tcrTreeTestcase', '$.testcase.testcaseId') }} as test_case_id,
        cast(nullif(testerId, -10) as string) as tester_id,

        -- strings
        coalesce(nullif(trim(status), ''), '0') as status_code,
        testerIdName as tester_name_token,
        executedBy as executed_by_token,

        -- numerics
        {{ json_integer('tcrTreeTestcase', '$.versionNumber') }} as test_case_version_number,
        actualTime as actual_time,
        estimatedTime as estimated_time,

        -- booleans
        _is_deleted as is_deleted,

        -- timestamps
        {{ from_epoch_milliseconds('assignmentDate') }} as assigned_at,
        {{ milliseconds_at('lastTestResult', '$.executionDate') }} as executed_at,
        {{ from_epoch_milliseconds('lastModifiedOn') }} as modified_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from executions

),

with_status as (

    select
        renamed.*,
        coalesce(execution_statuses.status, 'unknown') as status,
        coalesce(execution_statuses.is_executed, true) as is_executed
    from renamed
    left join execution_statuses on renamed.status_code = execution_statuses.status_code

)

select * from with_status
