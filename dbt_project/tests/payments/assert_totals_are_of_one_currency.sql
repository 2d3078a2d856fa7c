-- Fails if a charge has a total although it was booked in several currencies, or a total that is
-- not that of its bookings.
with

bookings as (

    select
        charge_id,
        count(distinct currency) as currency_count,
        sum(fee) as fee,
        sum(net) as net
    from {{ ref('fct_balance_transactions') }}
    where charge_id is not null
    group by charge_id

)

select payments.charge_id
from {{ ref('fct_payments') }} as payments
left join bookings on payments.charge_id = bookings.charge_id
where
    (bookings.currency_count > 1 and payments.total_net is not null)
    or (bookings.currency_count = 1 and payments.total_net is distinct from bookings.net)
    or (bookings.currency_count = 1 and payments.total_fee is distinct from bookings.fee)
