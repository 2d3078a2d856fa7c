with

charges as (

    {{
        newest_version(
            source('raw_payments', 'charges'),
            source('raw_payments', '_dlt_loads')
        )
    }}

),

renamed as (

    select
        -- ids
        id as charge_id,
        payment_intent as payment_intent_id,
        invoice as invoice_id,
        customer as customer_id,
        balance_transaction as balance_transaction_id,
        payment_method as payment_method_id,

        -- strings
        currency,
        status,
        failure_code,
        {{ json_value('outcome', '$.type') }} as outcome_type,
        {{ json_value('outcome', '$.risk_level') }} as risk_level,
        {{ json_value('payment_method_details', '$.type') }} as payment_method_type,
        {{ json_value('payment_method_details', '$.card.brand') }} as card_brand,
        {{ json_value('payment_method_details', '$.card.country') }} as card_country,
        {{ json_value('payment_method_details', '$.card.funding') }} as card_funding,

        -- numerics
        amount,
        amount_captured,
        amount_refunded,

        -- booleans
        paid as is_paid,
        captured as is_captured,
        refunded as is_refunded,
        disputed as is_disputed,
        livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from charges

)

select * from renamed
