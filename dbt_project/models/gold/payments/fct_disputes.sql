with

disputes as (

    select * from {{ ref('stg_payments__disputes') }}
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
        disputes.dispute_id,
        disputes.charge_id,
        disputes.payment_intent_id,
        charges.customer_id,

        -- strings
        disputes.currency,
        bookings.settlement_currency,
        disputes.status,
        disputes.status_phase,
        disputes.reason,
        disputes.network_reason_code,

        -- numerics
        disputes.amount,
        coalesce(bookings.amount_taken, 0) as amount_taken,
        coalesce(bookings.amount_restored, 0) as amount_restored,
        bookings.fee,
        bookings.net,

        -- booleans
        coalesce(bookings.is_taken, false) as is_withdrawn,
        disputes.is_livemode,

        -- dates
        cast(disputes.created_at as date) as created_date,

        -- timestamps
        disputes.created_at,
        disputes.evidence_due_at

    from disputes
    left join charges
        on disputes.charge_id = charges.charge_id
    left join bookings
        on disputes.dispute_id = bookings.claim_id

)

{{ only_changed('joined') }}
