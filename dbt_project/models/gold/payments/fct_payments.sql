with

charges as (

    select * from {{ ref('int_payments__charges') }}

),

bookings as (

    select * from {{ ref('int_payments__charge_bookings') }}

),

claims as (

    select * from {{ ref('int_payments__charge_claims') }}

),

joined as (

    select
        -- ids
        charges.charge_id,
        charges.payment_intent_id,
        charges.invoice_id,
        charges.customer_id,
        charges.balance_transaction_id,

        -- strings
        charges.currency,
        bookings.settlement_currency,
        charges.status,
        charges.status_phase,
        charges.failure_code,
        charges.payment_method_type,
        charges.card_brand,
        charges.card_country,

        -- numerics
        charges.amount,
        charges.amount_captured,
        charges.amount_refunded,
        coalesce(claims.refund_count, 0) as refund_count,
        coalesce(claims.dispute_count, 0) as dispute_count,
        coalesce(claims.amount_disputed, 0) as amount_disputed,
        coalesce(claims.amount_withdrawn, 0) as amount_withdrawn,
        -- Older API versions book all of the amount and count what a capture left as refunded.
        charges.amount_captured
        - case
            when bookings.is_booked_whole or charges.amount_refunded > charges.amount_captured
                then greatest(charges.amount_refunded - charges.amount + charges.amount_captured, 0)
            else charges.amount_refunded
        end
        - coalesce(claims.amount_withdrawn, 0) as amount_kept,
        bookings.fee,
        bookings.net,
        bookings.total_fee,
        bookings.total_net,

        -- booleans
        charges.is_successful,
        charges.is_marked_disputed or coalesce(claims.dispute_count, 0) > 0 as is_disputed,
        charges.is_livemode,

        -- dates
        cast(charges.created_at as date) as created_date,

        -- timestamps
        charges.created_at

    from charges
    left join bookings on charges.charge_id = bookings.charge_id
    left join claims
        on charges.charge_id = claims.charge_id and charges.currency = claims.currency

)

{{ only_changed('joined') }}
