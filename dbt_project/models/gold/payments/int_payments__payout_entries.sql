with

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
    from {{ ref('fct_balance_transactions') }} as bookings
    left join payouts on bookings.balance_transaction_id = payouts.balance_transaction_id
    where payouts.payout_id is null

),

moments as (

    select
        currency,
        available_at as happened_at,
        cast(null as bigint) as payout_number
    from entries

    union all

    select
        currency,
        created_at as happened_at,
        payout_number
    from payouts

),

-- The next payout takes it along; what became available in its very second is in it.
next_payouts as (

    select
        currency,
        happened_at,
        min(min(payout_number)) over (
            partition by currency
            order by happened_at
            rows between current row and unbounded following
        ) as payout_number
    from moments
    group by currency, happened_at

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
    left join next_payouts
        on
            entries.currency = next_payouts.currency
            and entries.available_at = next_payouts.happened_at
    left join payouts
        on
            next_payouts.currency = payouts.currency
            and next_payouts.payout_number = payouts.payout_number

)

select * from joined
