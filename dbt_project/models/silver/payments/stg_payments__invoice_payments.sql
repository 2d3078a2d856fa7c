with

invoice_payments as (

    {{
        newest_version(
            source('raw_payments', 'invoice_payments'),
            source('raw_payments', '_dlt_loads')
        )
    }}

),

renamed as (

    select
        -- ids
        id as invoice_payment_id,
        invoice as invoice_id,
        {{ json_value('payment', '$.payment_intent') }} as payment_intent_id,
        {{ json_value('payment', '$.charge') }} as charge_id,

        -- strings
        currency,
        status,
        {{ json_value('payment', '$.type') }} as payment_type,

        -- numerics
        amount_paid,
        amount_requested,

        -- booleans
        is_default,
        livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ from_epoch_seconds(json_integer('status_transitions', '$.paid_at')) }} as paid_at,
        {{
            from_epoch_seconds(json_integer('status_transitions', '$.canceled_at'))
        }} as canceled_at,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from invoice_payments

)

select * from renamed
