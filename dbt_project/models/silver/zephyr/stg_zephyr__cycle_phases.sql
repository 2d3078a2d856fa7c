with

cycle_phases as (

    {{ newest_versions('zephyr', 'cycle_phases') }}

),

renamed as (

    select
        -- ids
        cast(id as string) as cycle_phase_id,
        cast(cycleId as string) as cycle_id,
        cast(tcrCatalogTreeId as string) as folder_id,

        -- strings
        name as cycle_phase_name,

        -- booleans
        _is_deleted as is_deleted,
        freeForm as is_free_form,

        -- dates
        {{ planned_day('startDate') }} as start_date,
        {{ planned_day('endDate') }} as end_date,

        -- timestamps
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from cycle_phases

)

select * from renamed
