with

bookings as (

    select * from {{ ref('fct_balance_transactions') }}

),

payouts as (

    select
        *,
        row_number() over (partition by currency order by created_at, payout_id) as payout_number
    from {{ ref('fct_payouts') }}
    where is_automatic

),

-- A payout's own booking is no entry of any: it is the other side of its entries.
entries as (

    select bookings.*
    from bookings
    left join payouts on bookings.balance_transaction_id = payouts.balance_transaction_id
    where payouts.payout_id is null

),

moments as (

    select
        balance_transaction_id,
        currency,
        available_at as happened_at,
        cast(null as bigint) as payout_number
    from entries

    union all

    select
        cast(null as varchar) as balance_transaction_id,
        currency,
        created_at as happened_at,
        payout_number
    from payouts

),

-- The next payout takes it along; what became available in its very second is in it.
numbered as (

    select
        balance_transaction_id,
        min(payout_number) over (
            partition by currency
            order by happened_at, payout_number nulls first
            rows between current row and unbounded following
        ) as payout_number
    from moments

),

joined as (

    select
        entries.balance_transaction_id,
        payouts.payout_id,
        entries.currency,
        entries.source_type,
        entries.amount,
        entries.fee,
        entries.net
    from entries
    inner join numbered on entries.balance_transaction_id = numbered.balance_transaction_id
    left join payouts
        on entries.currency = payouts.currency and numbered.payout_number = payouts.payout_number

)

select * from joined
