-- Fails if what an account captured in a currency is not what was given back of it, what disputes
-- withdrew and have not reinstated, and what was kept.
with

payments as (

    select
        is_livemode,
        currency,
        sum(amount_captured) as captured,
        sum(
            greatest(amount_refunded - (amount - amount_captured), 0)
        ) as refunded,
        sum(amount_kept) as kept
    from {{ ref('fct_payments') }}
    group by is_livemode, currency

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
