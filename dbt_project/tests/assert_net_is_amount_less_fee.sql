-- Fails if a movement of the balance does not add up: net = amount - fee, in every row.
select
    balance_transaction_id,
    amount,
    fee,
    net
from {{ ref('stg_payments__balance_transactions') }}
where net != amount - fee
