with

balance_transactions as (

    select * from {{ ref('fct_balance_transactions') }}

),

-- Bookings in several currencies are left out: they are never added.
added_up as (

    select
        source_id as claim_id,
        max(currency) as settlement_currency,
        cast(sum(case when amount < 0 then -amount else 0 end) as bigint) as amount_taken,
        cast(sum(case when amount > 0 then amount else 0 end) as bigint) as amount_restored,
        cast(sum(fee) as bigint) as fee,
        cast(sum(net) as bigint) as net,
        count(case when amount < 0 then 1 end)
        > count(case when amount > 0 then 1 end) as is_taken
    from balance_transactions
    where source_type in ('refund', 'dispute')
    group by source_id
    having min(currency) = max(currency)

)

select * from added_up
