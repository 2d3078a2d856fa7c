with

test_cases as (

    {{ all_versions('zephyr', 'test_cases') }}

),

renamed as (

    select
        -- ids
        cast(id as string) as test_case_version_id,
        cast(testcaseId as string) as test_case_id,

        -- strings
        name as test_case_name,
        priority,
        nullif(trim(tag), '') as tags,
        cast(requirementIds as string) as requirement_ids,

        -- numerics
        estimatedTime as estimated_time,

        -- booleans
        automated as is_automated,
        false as is_gone,

        -- lineage
        _run_id as run_id,
        _dlt_load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at,
        _payload_sha256 as payload_sha256

    from test_cases

),

history as (

    {{
        periods('renamed', 'zephyr', 'test_cases', key='test_case_version_id', attributes=[
            'test_case_id', 'test_case_name', 'priority', 'tags', 'requirement_ids',
            'estimated_time', 'is_automated',
        ])
    }}

)

select * from history
