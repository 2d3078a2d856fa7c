-- Fails if the refunds of a charge do not add up to the amount it says was refunded. A warning:
-- charges and refunds are read minutes apart, and a server may not have refunds at all.
{{ config(severity='warn') }}

with

refunds as (

    select
        charge_id,
        sum(amount) as refunded
    from {{ ref('fct_refunds') }}
    where is_given_back
    group by charge_id

)

select
    payments.charge_id,
    payments.amount_refunded,
    refunds.refunded
from {{ ref('fct_payments') }} as payments
left join refunds on payments.charge_id = refunds.charge_id
where
    payments.is_successful
    and payments.amount_refunded != coalesce(refunds.refunded, 0)
