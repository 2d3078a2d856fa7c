with

executions as (

    {{ all_versions('zephyr', 'executions') }}

),

execution_statuses as (

    select * from {{ ref('execution_statuses') }}

),

renamed as (

    select
        -- ids
        cast(id as string) as execution_id,
        {{ json_value('tcrTreeTestcase', '$.testcase.id') }} as test_case_version_id,

        -- strings
        coalesce(nullif(trim(status), ''), '0') as status_code,

        -- booleans
        false as is_gone,

        -- timestamps
        {{ milliseconds_at('lastTestResult', '$.executionDate') }} as executed_at,

        -- lineage
        _run_id as run_id,
        _dlt_load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at,
        _payload_sha256 as payload_sha256

    from executions

),

history as (

    {{
        periods('renamed', 'zephyr', 'executions', key='execution_id', attributes=[
            'test_case_version_id', 'status_code',
        ], carried=['executed_at'])
    }}

),

with_status as (

    select
        history.*,
        coalesce(execution_statuses.status, 'unknown') as status,
        coalesce(execution_statuses.is_executed, true) as is_executed
    from history
    left join execution_statuses on history.status_code = execution_statuses.status_code

)

select * from with_status
