with

balance_transactions as (

    select * from {{ ref('fct_balance_transactions') }}

),

added_up as (

    select
        source_id as claim_id,
        count(distinct currency) = 1 as is_in_one_currency,
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

),

-- Sums over several currencies are left out; whether it was taken needs none.
told as (

    select
        claim_id,
        is_taken,
        case when is_in_one_currency then settlement_currency end as settlement_currency,
        case when is_in_one_currency then amount_taken end as amount_taken,
        case when is_in_one_currency then amount_restored end as amount_restored,
        case when is_in_one_currency then fee end as fee,
        case when is_in_one_currency then net end as net
    from added_up

)

select * from told
