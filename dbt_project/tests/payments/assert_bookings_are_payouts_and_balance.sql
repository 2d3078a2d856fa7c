-- Fails if what came into the balance of a currency is not what payouts took from it for good and
-- what is still in it. A warning: of a history that was loaded in part, the first payout paid out
-- what came in before.
{{ config(severity='warn') }}

with

bookings as (

    select
        currency,
        sum(net) as booked
    from {{ ref('fct_balance_transactions') }}
    where source_type != 'payout'
    group by currency

),

payouts as (

    select
        currency,
        sum(amount - amount_returned) as paid_out
    from {{ ref('fct_payouts') }}
    group by currency

),

balance as (

    select
        currency,
        sum(net) as left_over
    from {{ ref('int_payments__payout_entries') }}
    where payout_id is null
    group by currency

),

differences as (

    select
        coalesce(bookings.currency, payouts.currency) as currency,
        bookings.booked,
        payouts.paid_out,
        balance.left_over
    from bookings
    full outer join payouts on bookings.currency = payouts.currency
    left join balance on coalesce(bookings.currency, payouts.currency) = balance.currency
    where
        coalesce(bookings.booked, 0)
        != coalesce(payouts.paid_out, 0) + coalesce(balance.left_over, 0)

)

select * from differences
