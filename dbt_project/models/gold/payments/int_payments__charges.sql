with

charges as (

    select * from {{ ref('stg_payments__charges') }}
    where not is_deleted

),

payer_invoices as (

    select * from {{ ref('int_payments__payer_invoices') }}

),

joined as (

    select
        -- ids
        charges.charge_id,
        charges.payment_intent_id,
        coalesce(charges.invoice_id, payer_invoices.invoice_id) as invoice_id,
        charges.customer_id,
        charges.balance_transaction_id,

        -- strings
        charges.currency,
        charges.status,
        charges.status_phase,
        charges.failure_code,
        charges.payment_method_type,
        charges.card_brand,
        charges.card_country,

        -- numerics
        charges.amount,
        case
            when charges.status = 'succeeded' and coalesce(charges.is_captured, true)
                then coalesce(charges.amount_captured, charges.amount)
            else 0
        end as amount_captured,
        charges.amount_refunded,

        -- booleans
        coalesce(
            charges.status = 'succeeded' and coalesce(charges.is_captured, true), false
        ) as is_successful,
        coalesce(charges.is_disputed, false) as is_marked_disputed,
        charges.is_livemode,

        -- timestamps
        charges.created_at

    from charges
    left join payer_invoices
        on coalesce(charges.payment_intent_id, charges.charge_id) = payer_invoices.payer_id

)

select * from joined
