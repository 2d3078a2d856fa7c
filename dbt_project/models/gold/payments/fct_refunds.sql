with

refunds as (

    select * from {{ ref('stg_payments__refunds') }}
    where not is_deleted

),

charges as (

    select * from {{ ref('stg_payments__charges') }}

),

bookings as (

    select * from {{ ref('int_payments__claim_bookings') }}

),

joined as (

    select
        -- ids
        refunds.refund_id,
        refunds.charge_id,
        refunds.payment_intent_id,
        charges.customer_id,
        refunds.balance_transaction_id,
        refunds.failure_balance_transaction_id,

        -- strings
        refunds.currency,
        bookings.settlement_currency,
        refunds.status,
        refunds.status_phase,
        refunds.reason,
        refunds.failure_reason,

        -- numerics
        refunds.amount,
        bookings.fee,
        bookings.net,

        -- booleans
        coalesce(refunds.status in ('succeeded', 'pending'), false) as is_given_back,
        charges.is_livemode,

        -- dates
        cast(refunds.created_at as date) as created_date,

        -- timestamps
        refunds.created_at

    from refunds
    left join charges
        on refunds.charge_id = charges.charge_id
    left join bookings
        on refunds.refund_id = bookings.claim_id

)

{{ only_changed('joined') }}
