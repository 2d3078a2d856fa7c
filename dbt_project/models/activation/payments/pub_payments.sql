with

payments as (

    select * from {{ ref('fct_payments') }}

),

published as (

    select
        -- ids
        charge_id,
        payment_intent_id,
        invoice_id,
        customer_id,

        -- strings
        currency,
        settlement_currency,
        status,
        status_phase,
        failure_code,
        payment_method_type,
        card_brand,
        card_country,

        -- numerics
        amount,
        amount_captured,
        amount_refunded,
        amount_disputed,
        amount_kept,
        total_fee,
        total_net,

        -- booleans
        is_successful,
        is_disputed,
        is_livemode,

        -- dates
        created_date,

        -- timestamps
        created_at

    from payments

)

{{ only_changed('published') }}
