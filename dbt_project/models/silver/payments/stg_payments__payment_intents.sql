with

payment_intents as (

    {{
        newest_version(
            source('raw_payments', 'payment_intents'),
            source('raw_payments', '_dlt_loads')
        )
    }}

),

renamed as (

    select
        -- ids
        id as payment_intent_id,
        customer as customer_id,
        invoice as invoice_id,
        latest_charge as latest_charge_id,
        payment_method as payment_method_id,

        -- strings
        currency,
        status,
        cancellation_reason,
        capture_method,
        {{ json_value('last_payment_error', '$.code') }} as last_error_code,
        {{ json_value('last_payment_error', '$.decline_code') }} as last_decline_code,

        -- numerics
        amount,
        amount_received,
        amount_capturable,

        -- booleans
        livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ from_epoch_seconds('canceled_at') }} as canceled_at,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from payment_intents

)

select * from renamed
