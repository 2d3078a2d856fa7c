with

disputes as (

    {{
        newest_version(
            source('raw_payments', 'disputes'),
            source('raw_payments', '_dlt_loads')
        )
    }}

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
        is_charge_refundable,
        livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{
            from_epoch_seconds(json_integer('evidence_details', '$.due_by'))
        }} as evidence_due_at,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from disputes

)

select * from renamed
