-- Fails if what an account captured in a currency is not what was given back of it, what disputes
-- withdrew and have not reinstated, and what was kept.
with

payments as (

    select
        payments.is_livemode,
        payments.currency,
        sum(payments.amount_captured) as captured,
        sum(
            case
                when
                    bookings.balance_transaction_id is not null
                    or payments.amount_refunded > payments.amount_captured
                    then greatest(
                        payments.amount_refunded - (payments.amount - payments.amount_captured), 0
                    )
                else payments.amount_refunded
            end
        ) as refunded,
        sum(payments.amount_kept) as kept
    from {{ ref('fct_payments') }} as payments
    left join {{ ref('fct_balance_transactions') }} as bookings
        on
            payments.balance_transaction_id = bookings.balance_transaction_id
            and payments.amount = bookings.amount
            and payments.currency = bookings.currency
    group by payments.is_livemode, payments.currency

),

disputes as (

    select
        payments.is_livemode,
        disputes.currency,
        sum(disputes.amount) as withdrawn
    from {{ ref('fct_disputes') }} as disputes
    inner join {{ ref('fct_payments') }} as payments
        on disputes.charge_id = payments.charge_id and disputes.currency = payments.currency
    where disputes.is_withdrawn
    group by payments.is_livemode, disputes.currency

),

differences as (

    select payments.*
    from payments
    left join disputes
        on
            payments.currency = disputes.currency
            and payments.is_livemode is not distinct from disputes.is_livemode
    where
        payments.captured
        != payments.refunded + coalesce(disputes.withdrawn, 0) + payments.kept

)

select * from differences
