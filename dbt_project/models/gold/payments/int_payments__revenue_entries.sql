with

payments as (

    select
        charge_id as entry_id,
        'payment' as measure,
        currency,
        amount_captured as amount,
        0 as fee,
        0 as net,
        created_at
    from {{ ref('fct_payments') }}
    where is_successful

),

refunds as (

    select
        refund_id as entry_id,
        'refund' as measure,
        currency,
        amount,
        0 as fee,
        0 as net,
        created_at
    from {{ ref('fct_refunds') }}
    where is_given_back

),

disputes as (

    select
        dispute_id as entry_id,
        case when status = 'lost' then 'dispute lost' else 'dispute' end as measure,
        currency,
        amount,
        0 as fee,
        0 as net,
        created_at
    from {{ ref('fct_disputes') }}

),

bookings as (

    select
        movements.balance_transaction_id as entry_id,
        case
            when movements.source_type != 'dispute' then 'booking'
            when movements.amount < 0 then 'dispute withdrawn'
            else 'dispute reinstated'
        end as measure,
        movements.currency,
        abs(movements.amount) as amount,
        movements.fee,
        movements.net,
        movements.created_at
    from {{ ref('fct_balance_transactions') }} as movements
    left join {{ ref('balance_transaction_types') }} as kinds on movements.type = kinds.type
    where coalesce(kinds.is_earning, true)

),

entries as (

    select * from payments
    union all
    select * from refunds
    union all
    select * from disputes
    union all
    select * from bookings

)

select * from entries
