with

charges as (

    select * from {{ ref('stg_payments__charges') }}

),

balance_transactions as (

    select * from {{ ref('fct_balance_transactions') }}

),

joined as (

    select
        charges.charge_id,
        balance_transactions.currency,
        balance_transactions.fee,
        balance_transactions.net,
        balance_transactions.balance_transaction_id = charges.balance_transaction_id as is_own,
        balance_transactions.amount = charges.amount
        and balance_transactions.currency = charges.currency as is_whole
    from charges
    inner join balance_transactions
        on charges.charge_id = balance_transactions.charge_id

),

added_up as (

    select
        charge_id,
        max(case when is_own then currency end) as settlement_currency,
        max(case when is_own then fee end) as fee,
        max(case when is_own then net end) as net,
        max(case when is_own and is_whole then 1 else 0 end) = 1 as is_booked_whole,
        -- Null where a charge was booked in several currencies: they are never added.
        case when min(currency) = max(currency) then cast(sum(fee) as bigint) end as total_fee,
        case when min(currency) = max(currency) then cast(sum(net) as bigint) end as total_net
    from joined
    group by charge_id

)

select * from added_up
