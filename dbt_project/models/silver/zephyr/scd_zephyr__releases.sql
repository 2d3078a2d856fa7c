with

releases as (

    {{ all_versions('zephyr', 'releases') }}

),

renamed as (

    select
        -- ids
        cast(id as string) as release_id,
        cast(projectId as string) as project_id,

        -- strings
        name as release_name,
        cast(status as string) as status_code,

        -- booleans
        false as is_gone,

        -- dates
        {{ planned_day('startDate') }} as start_date,
        {{ planned_day('endDate') }} as end_date,

        -- lineage
        _run_id as run_id,
        _dlt_load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at,
        _payload_sha256 as payload_sha256

    from releases

),

history as (

    {{
        periods('renamed', 'zephyr', 'releases', key='release_id', attributes=[
            'project_id', 'release_name', 'status_code', 'start_date', 'end_date',
        ])
    }}

)

select * from history
