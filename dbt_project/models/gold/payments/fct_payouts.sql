with

payouts as (

    select * from {{ ref('stg_payments__payouts') }}
    where not is_deleted

),

balance_transactions as (

    select * from {{ ref('fct_balance_transactions') }}

),

bookings_by_payout as (

    select
        source_id as payout_id,
        currency,
        cast(sum(case when net < 0 then -net else 0 end) as bigint) as amount_booked,
        cast(sum(case when net > 0 then net else 0 end) as bigint) as amount_returned
    from balance_transactions
    where source_type = 'payout'
    group by source_id, currency

),

joined as (

    select
        -- ids
        payouts.payout_id,
        payouts.balance_transaction_id,
        payouts.failure_balance_transaction_id,
        payouts.destination_id,

        -- strings
        payouts.currency,
        payouts.status,
        payouts.status_phase,
        payouts.failure_code,
        payouts.method,

        -- numerics
        payouts.amount,
        coalesce(bookings_by_payout.amount_booked, 0) as amount_booked,
        coalesce(bookings_by_payout.amount_returned, 0) as amount_returned,

        -- booleans
        coalesce(payouts.is_automatic, true) as is_automatic,
        payouts.is_livemode,

        -- dates
        payouts.arrival_date,
        cast(payouts.created_at as date) as created_date,

        -- timestamps
        payouts.created_at

    from payouts
    left join bookings_by_payout
        on
            payouts.payout_id = bookings_by_payout.payout_id
            and payouts.currency = bookings_by_payout.currency

)

{{ only_changed('joined') }}
