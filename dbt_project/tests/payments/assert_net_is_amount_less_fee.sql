-- Fails if a movement of the balance does not add up: net = amount - fee, in every row.
select
    balance_transaction_id,
    amount,
    fee,
    net
from {{ ref('fct_balance_transactions') }}
where net != amount - fee
