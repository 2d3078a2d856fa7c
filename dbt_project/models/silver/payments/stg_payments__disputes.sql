with

disputes as (

    {{ newest_versions('payments', 'disputes') }}

),

statuses as (

    select * from {{ ref('statuses') }}
    where object = 'dispute'

),

renamed as (

    select
        -- ids
        id as dispute_id,
        charge as charge_id,
        payment_intent as payment_intent_id,

        -- strings
        currency,
        status,
        reason,
        {{
            json_value('payment_method_details', '$.card.network_reason_code')
        }} as network_reason_code,

        -- numerics
        amount,

        -- booleans
        _is_deleted as is_deleted,
        is_charge_refundable,
        livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ seconds_at('evidence_details', '$.due_by') }} as evidence_due_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from disputes

),

with_phase as (

    select
        renamed.*,
        coalesce(statuses.phase, 'unknown') as status_phase
    from renamed
    left join statuses on renamed.status = statuses.status

)

select * from with_phase
