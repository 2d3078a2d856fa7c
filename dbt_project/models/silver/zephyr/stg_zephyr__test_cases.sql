with

test_cases as (

    {{ newest_versions('zephyr', 'test_cases') }}

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
        _is_deleted as is_deleted,
        automated as is_automated,

        -- timestamps
        {{ from_epoch_milliseconds('lastModifiedOn') }} as modified_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from test_cases

)

select * from renamed
